"""The ways out of the house: mail, folders, storage and addresses of others. It knows no report."""
