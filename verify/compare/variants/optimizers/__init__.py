"""One module for each kind of optimizer, with a function `variants(rule, optimizer)`."""
