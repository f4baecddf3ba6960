#include "reckon.h"

#include <ctype.h>

/* Deeper nesting than this is refused, before it is the stack that refuses it. */
enum { DEEPEST = 200 };

typedef struct {
    const char *text;
    size_t at;
    int depth;
    Complaint complaint;
} Reader;

typedef bool (*Operation)(Fraction, Fraction, Fraction *);

static bool read_sum(Reader *reader, Fraction *result);
static bool read_factor(Reader *reader, Fraction *result);

static bool complain(Reader *reader, const char *what, size_t where) {
    reader->complaint.what = what;
    reader->complaint.where = where;
    return false;
}

/* The next character that is not a blank. */
static char peek(Reader *reader) {
    while (reader->text[reader->at] == ' ' || reader->text[reader->at] == '\t') reader->at++;
    return reader->text[reader->at];
}

static bool is_digit(char character) { return isdigit((unsigned char)character) != 0; }

static bool apply(Reader *reader, char sign, size_t where, Fraction other, Fraction *result) {
    static const struct {
        char sign;
        Operation operation;
    } table[] = {
        {'+', fraction_add},    {'-', fraction_subtract}, {'*', fraction_multiply},
        {'/', fraction_divide}, {'^', fraction_power},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].sign == sign && table[i].operation(*result, other, result)) return true;
    }
    if (sign == '^' && other.bottom != 1) return complain(reader, "an exponent is a whole number", where);
    const Fraction divisor = sign == '^' ? *result : other;
    if ((sign == '/' || sign == '^') && divisor.top == 0) {
        return complain(reader, "this divides by zero", where);
    }
    return complain(reader, "this is too large for me", where);
}

static bool read_digits(Reader *reader, Fraction *result) {
    const size_t start = reader->at;
    const Fraction ten = {10, 1};
    Fraction scale = {1, 1};
    bool fits = true;
    bool after_point = false;
    *result = (Fraction){0, 1};
    for (;; reader->at++) {
        const char character = reader->text[reader->at];
        if (character == '.' && !after_point && is_digit(reader->text[reader->at + 1])) {
            after_point = true;
        } else if (is_digit(character)) {
            const Fraction digit = {character - '0', 1};
            fits = fits && fraction_multiply(*result, ten, result) && fraction_add(*result, digit, result) &&
                   (!after_point || fraction_multiply(scale, ten, &scale));
        } else {
            break;
        }
    }
    if (fits && fraction_divide(*result, scale, result)) return true;
    return complain(reader, "this is too large for me", start);
}

static bool read_number(Reader *reader, Fraction *result) {
    const char next = peek(reader);
    if (is_digit(next)) return read_digits(reader, result);
    if (next == '\0') return complain(reader, "something is missing here", reader->at);
    if (next != '(') return complain(reader, "this is no number", reader->at);
    reader->at++;
    if (!read_sum(reader, result)) return false;
    if (peek(reader) != ')') return complain(reader, "a closing bracket is missing here", reader->at);
    reader->at++;
    return true;
}

static bool read_power(Reader *reader, Fraction *result) {
    if (!read_number(reader, result)) return false;
    if (peek(reader) != '^') return true;
    const size_t where = reader->at++;
    Fraction exponent;
    return read_factor(reader, &exponent) && apply(reader, '^', where, exponent, result);
}

/* Every way round the grammar comes by here, so that this is where depth is counted. */
static bool read_factor(Reader *reader, Fraction *result) {
    if (reader->depth == DEEPEST) return complain(reader, "this is nested too deep", reader->at);
    reader->depth++;
    const bool negative = peek(reader) == '-';
    if (negative) reader->at++;
    if (!(negative ? read_factor : read_power)(reader, result)) return false;
    if (negative) result->top = -result->top;
    reader->depth--;
    return true;
}

static bool read_product(Reader *reader, Fraction *result) {
    if (!read_factor(reader, result)) return false;
    for (char sign = peek(reader); sign == '*' || sign == '/'; sign = peek(reader)) {
        const size_t where = reader->at++;
        Fraction other;
        if (!read_factor(reader, &other) || !apply(reader, sign, where, other, result)) return false;
    }
    return true;
}

static bool read_sum(Reader *reader, Fraction *result) {
    if (!read_product(reader, result)) return false;
    for (char sign = peek(reader); sign == '+' || sign == '-'; sign = peek(reader)) {
        const size_t where = reader->at++;
        Fraction other;
        if (!read_product(reader, &other) || !apply(reader, sign, where, other, result)) return false;
    }
    return true;
}

Complaint reckon(const char *text, Fraction *result) {
    Reader reader = {text, 0, 0, {NULL, 0}};
    if (read_sum(&reader, result) && peek(&reader) != '\0') {
        complain(&reader, "this does not belong here", reader.at);
    }
    return reader.complaint;
}
