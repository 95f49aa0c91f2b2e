"""The register: tables of what depots work with, each described once, edited on one page and in one file format."""
