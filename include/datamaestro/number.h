/* Numbers as text → double, exactly rounded, whatever the locale. */
#ifndef DATAMAESTRO_NUMBER_H
#define DATAMAESTRO_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Reads all of `size` bytes as one number: decimal digits with an optional sign, point and exponent, or
 * `inf`, `infinity`, `nan` in any case; spaces and tabs around it are left out. The result is the double
 * nearest to what is written (too large a number is infinite). False where it is no number; `value` is then
 * unchanged. `bytes[size]` must be writable: it is changed and put back. */
bool dm_number_parse(char *bytes, size_t size, double *value);

#endif
