"""Images with labels from elsewhere, by format: IDX, .npz, CSV, folders of pictures; and those that are embedded."""
