"""A run over many files: analysed apart, remembered, in several processes or on other machines.

    names -> scan -> (remembered | analysed here | in processes | by an executor) -> placement -> reports

Each file's analysis stands for itself, whatever was asked for and selected; only `placement` knows
which files were asked for. So it does not matter where, when or in which order they are analysed.
"""
