"""One module for each kind of loss, with a function `variants(rule)`."""
