"""The five courses whose lecture notes the book is built on."""

COURSES = {  # in the order in which everything lists them
    "san-jose": "San José",
    "linkoping": "Linköping",
    "auburn": "Auburn",
    "erlangen": "Erlangen",
    "edinburgh": "Edinburgh",
}
