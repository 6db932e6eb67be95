import tensorflow as tf
from distil.student import Student

if __name__ == "__main__":
    student = Student()
    student.compile(optimizer="sgd")
    student(tf.ones([4, 2]))
    before = [tf.convert_to_tensor(variable) for variable in student.trainable_variables]
    student.fit(tf.ones([4, 2]), tf.ones([4, 3]), verbose=0)
    gradients = [old - new for old, new in zip(before, student.trainable_variables)]
