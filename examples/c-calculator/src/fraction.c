#include "fraction.h"

#include <limits.h>
#include <stdio.h>

/* LLONG_MIN has no opposite, so no number here is below this. */
static const long long LOWEST = -LLONG_MAX;

static long long distance(long long number) { return number < 0 ? -number : number; }

static long long common_divisor(long long a, long long b) {
    while (b != 0) {
        long long rest = a % b;
        a = b;
        b = rest;
    }
    return distance(a);
}

static bool times(long long a, long long b, long long *result) {
    if (a != 0 && distance(b) > LLONG_MAX / distance(a)) return false;
    *result = a * b;
    return true;
}

static bool plus(long long a, long long b, long long *result) {
    if (b > 0 ? a > LLONG_MAX - b : a < LOWEST - b) return false;
    *result = a + b;
    return true;
}

bool fraction_make(long long top, long long bottom, Fraction *result) {
    if (bottom == 0 || top < LOWEST || bottom < LOWEST) return false;
    long long shared = common_divisor(top, bottom);
    long long sign = bottom < 0 ? -1 : 1;
    result->top = sign * (top / shared);
    result->bottom = sign * (bottom / shared);
    return true;
}

/* Over the least common bottom, so that it fits as long as it can. */
bool fraction_add(Fraction a, Fraction b, Fraction *result) {
    long long shared = common_divisor(a.bottom, b.bottom);
    long long left, right, top, bottom;
    return times(a.top, b.bottom / shared, &left) && times(b.top, a.bottom / shared, &right) &&
           plus(left, right, &top) && times(a.bottom, b.bottom / shared, &bottom) &&
           fraction_make(top, bottom, result);
}

bool fraction_subtract(Fraction a, Fraction b, Fraction *result) {
    b.top = -b.top;
    return fraction_add(a, b, result);
}

/* Crosswise reduced first, for the same reason. */
bool fraction_multiply(Fraction a, Fraction b, Fraction *result) {
    long long falling = common_divisor(a.top, b.bottom);
    long long rising = common_divisor(b.top, a.bottom);
    long long top, bottom;
    return times(a.top / falling, b.top / rising, &top) &&
           times(a.bottom / rising, b.bottom / falling, &bottom) && fraction_make(top, bottom, result);
}

bool fraction_divide(Fraction a, Fraction b, Fraction *result) {
    Fraction inverse;
    return fraction_make(b.bottom, b.top, &inverse) && fraction_multiply(a, inverse, result);
}

bool fraction_power(Fraction base, Fraction exponent, Fraction *result) {
    if (exponent.bottom != 1) return false;
    long long left = distance(exponent.top);
    Fraction power = {1, 1};
    if (exponent.top < 0 && !fraction_divide(power, base, &base)) return false;
    for (;;) {
        if (left % 2 == 1 && !fraction_multiply(power, base, &power)) return false;
        left /= 2;
        if (left == 0) break;
        if (!fraction_multiply(base, base, &base)) return false;
    }
    *result = power;
    return true;
}

void fraction_print(Fraction fraction, char text[FRACTION_TEXT]) {
    if (fraction.bottom == 1) {
        snprintf(text, FRACTION_TEXT, "%lld", fraction.top);
    } else {
        snprintf(text, FRACTION_TEXT, "%lld/%lld", fraction.top, fraction.bottom);
    }
}
