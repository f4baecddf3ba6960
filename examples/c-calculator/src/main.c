#include <stdio.h>

#include "reckon.h"

int main(int count, char **words) {
    if (count != 2) {
        fprintf(stderr, "usage: reckon '1/3 + 1/6'\n");
        return 2;
    }
    Fraction result;
    const Complaint complaint = reckon(words[1], &result);
    if (complaint.what != NULL) {
        fprintf(stderr, "%s\n%*s^ %s\n", words[1], (int)complaint.where, "", complaint.what);
        return 1;
    }
    char text[FRACTION_TEXT];
    fraction_print(result, text);
    puts(text);
    return 0;
}
