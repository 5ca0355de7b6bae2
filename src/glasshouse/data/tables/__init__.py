"""Tables: files, frames and lines of text become typed columns and a target."""
