"""The page that shows the report: ``report/index.html``."""
