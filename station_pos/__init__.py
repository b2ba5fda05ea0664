"""The counter of a convenience station (便民服务站): screen, register, local journal, devices and sync."""

from __future__ import annotations
