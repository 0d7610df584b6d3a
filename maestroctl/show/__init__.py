"""What people read: tables, trees, plans, questions and runs, as text."""
