import tensorflow as tf
from ns.training import main

if __name__ == "__main__":
    gradients = main()
