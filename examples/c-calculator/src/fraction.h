#ifndef FRACTION_H
#define FRACTION_H

#include <stdbool.h>
#include <stddef.h>

/* top / bottom in lowest terms; bottom is above 0. */
typedef struct {
    long long top;
    long long bottom;
} Fraction;

/* Room for any fraction as text: two numbers of 20 characters, '/' and the end. */
enum { FRACTION_TEXT = 42 };

/* Each of these returns false, and leaves the result alone, where there is none that fits. */
bool fraction_make(long long top, long long bottom, Fraction *result);
bool fraction_add(Fraction a, Fraction b, Fraction *result);
bool fraction_subtract(Fraction a, Fraction b, Fraction *result);
bool fraction_multiply(Fraction a, Fraction b, Fraction *result);
bool fraction_divide(Fraction a, Fraction b, Fraction *result);
bool fraction_power(Fraction base, Fraction exponent, Fraction *result);

void fraction_print(Fraction fraction, char text[FRACTION_TEXT]);

#endif
