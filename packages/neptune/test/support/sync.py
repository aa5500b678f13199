"""`neptune sync`, or `minfx sync`.

python sync.py PACKAGE ARGUMENTS    PACKAGE is neptune or minfx.neptune_v2
"""
import importlib
import sys

package, *arguments = sys.argv[1:]
sys.argv = [package.split(".")[0], "sync", *arguments]
importlib.import_module(f"{package}.cli.__main__").main()
