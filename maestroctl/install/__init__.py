"""What is put into the user's own files: hooks of agents and the service; and how it is taken out again."""
