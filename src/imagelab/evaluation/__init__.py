"""What several tasks measure or draw."""
