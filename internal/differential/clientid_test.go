package differential

var clientIDClasses = []class[int]{}
