"""The pages: what a planner, a facility manager and an analyst see."""
