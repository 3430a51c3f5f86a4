"""The command verify.sweep: verify thousands of cases, on one machine or on a Dask cluster."""
