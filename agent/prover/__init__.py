"""Provers of poc/1: they compute what a proof of compute commits to and opens. See README.md."""

import sys

# Whether one computation may be shared by forked processes (team.py).
CAN_FORK = sys.platform == "linux"
