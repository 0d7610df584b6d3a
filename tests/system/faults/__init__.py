"""Journeys in which something breaks: disks, processes, clients, a daemon that does not answer."""
