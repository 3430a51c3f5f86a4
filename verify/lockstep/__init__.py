"""The same comparison while a training goes on."""
