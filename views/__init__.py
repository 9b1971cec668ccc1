"""What people see: the command line and the Streamlit app. Imports everything below."""
