#ifndef RECKON_H
#define RECKON_H

#include "fraction.h"

/* What stopped a calculation, and how many characters into the text; `what` is NULL when nothing did. */
typedef struct {
    const char *what;
    size_t where;
} Complaint;

/*
 * Works out a sum such as "2 * (1/3 + 0.5)^2":
 *
 *   sum     = product  { ("+" | "-") product }
 *   product = factor   { ("*" | "/") factor }
 *   factor  = "-" factor | power
 *   power   = number [ "^" factor ]
 *   number  = digits [ "." digits ] | "(" sum ")"
 */
Complaint reckon(const char *text, Fraction *result);

#endif
