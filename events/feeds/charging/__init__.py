"""Charging stations and charging services: OCPP calls, OCPI records."""
