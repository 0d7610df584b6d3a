"""Journeys of users and agents with the real daemon; here those in which nothing breaks."""
