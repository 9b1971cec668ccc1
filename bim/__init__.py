"""What stands there: IFC files into building models. Imports nothing of ours."""
