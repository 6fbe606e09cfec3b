import os

import pytest

from imagelab.clocks.rendering import pool
from imagelab.runtime.errors import InputError


def square(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def die(number: int) -> None:
    os._exit(3)


def test_few_pictures_are_rendered_in_this_process() -> None:
    results = list(pool.map_chunks(square, [3, 1, 2], workers=2, count=pool.FEWEST_FOR_WORKERS - 1))
    assert results == [(9, os.getpid()), (1, os.getpid()), (4, os.getpid())]


def test_workers_return_results_in_the_order_of_the_tasks() -> None:
    results = list(pool.map_chunks(square, list(range(20)), workers=2, count=pool.FEWEST_FOR_WORKERS))
    assert [number for number, _ in results] == [number * number for number in range(20)]
    assert os.getpid() not in {process for _, process in results}


def squares(numbers: range) -> list[int]:
    return [number * number for number in numbers]


def test_chunks_are_stored_with_their_numbers_in_order() -> None:
    count, found = 2 * pool.CHUNK + 1, []
    pool.render_in_chunks(
        squares, lambda numbers, chunk: found.append((numbers, chunk)), count=count, workers=1, label=""
    )
    assert [numbers for numbers, _ in found] == [range(0, 60), range(60, 120), range(120, 121)]
    assert [chunk for numbers, chunk in found] == [squares(numbers) for numbers, _ in found]


def test_a_worker_that_dies_is_one_clear_error() -> None:
    with pytest.raises(InputError) as caught:
        list(pool.map_chunks(die, [1], workers=2, count=pool.FEWEST_FOR_WORKERS))
    assert "died with code 3" in str(caught.value)
    assert "\n" not in str(caught.value)
