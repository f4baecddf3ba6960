#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "fraction.h"

static int passed, failed;

static void expect(bool holds, const char *what) {
    if (holds) {
        passed++;
    } else {
        failed++;
        printf("not so: %s\n", what);
    }
}

static bool is(Fraction fraction, long long top, long long bottom) {
    return fraction.top == top && fraction.bottom == bottom;
}

int main(void) {
    Fraction a, b, result;
    char text[FRACTION_TEXT];

    expect(fraction_make(6, -4, &a) && is(a, -3, 2), "6/-4 is -3/2");
    expect(fraction_make(0, -7, &a) && is(a, 0, 1), "0/-7 is 0/1");
    expect(!fraction_make(1, 0, &a), "nothing is over 0");
    expect(!fraction_make(LLONG_MIN, 1, &a), "the lowest number has no opposite");

    fraction_make(1, 3, &a);
    fraction_make(1, 6, &b);
    expect(fraction_add(a, b, &result) && is(result, 1, 2), "1/3 + 1/6 is 1/2");
    expect(fraction_subtract(b, a, &result) && is(result, -1, 6), "1/6 - 1/3 is -1/6");
    expect(fraction_multiply(a, b, &result) && is(result, 1, 18), "1/3 * 1/6 is 1/18");
    expect(fraction_divide(a, b, &result) && is(result, 2, 1), "1/3 : 1/6 is 2");

    fraction_make(LLONG_MAX, 1, &a);
    fraction_make(1, 1, &b);
    expect(!fraction_add(a, b, &result), "a sum that does not fit is refused");
    expect(!fraction_multiply(a, a, &result), "a product that does not fit is refused");
    expect(fraction_divide(a, a, &result) && is(result, 1, 1), "a large number over itself is 1");

    fraction_make(-LLONG_MAX, LLONG_MAX - 1, &a);
    fraction_print(a, text);
    expect(strcmp(text, "-9223372036854775807/9223372036854775806") == 0, "the longest text fits");

    printf("  fractions: %d passed, %d failed\n", passed, failed);
    return failed > 0;
}
