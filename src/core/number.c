#include "datamaestro/number.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A number taken apart: ±mantissa × 10^exponent. */
struct decimal {
  const char *next;
  const char *end;
  uint64_t mantissa; /* the first DIGITS significant digits */
  int64_t exponent;
  bool negative;
  bool exact; /* the mantissa holds all digits */
};

enum {
  DIGITS = 19,           /* any number of so many digits fits in 64 bits */
  EXPONENT_LIMIT = 9999, /* far beyond all doubles; larger ones are taken for it */
};

static bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

static bool is_space(char byte) {
  return byte == ' ' || byte == '\t';
}

/* Digits into the mantissa; `point` says whether each moves the decimal point. Returns how many. */
static size_t read_digits(struct decimal *number, bool point) {
  const char *start = number->next;
  const char *next = start;
  uint64_t mantissa = number->mantissa;
  const uint64_t room = UINT64_C(1000000000000000000); /* 10^(DIGITS - 1): one more digit fits below it */
  for (; next < number->end && is_digit(*next) && mantissa < room; next++)
    mantissa = mantissa * 10 + (uint64_t)(*next - '0');
  number->mantissa = mantissa;
  if (point)
    number->exponent -= next - start;
  for (; next < number->end && is_digit(*next); next++) {
    number->exact = number->exact && *next == '0';
    number->exponent += point ? 0 : 1;
  }
  number->next = next;
  return (size_t)(next - start);
}

static bool read_exponent(struct decimal *number) {
  int64_t exponent = 0;
  if (number->next == number->end || (*number->next != 'e' && *number->next != 'E'))
    return true;
  number->next++;
  bool negative = number->next < number->end && *number->next == '-';
  if (number->next < number->end && (*number->next == '-' || *number->next == '+'))
    number->next++;
  const char *start = number->next;
  for (; number->next < number->end && is_digit(*number->next); number->next++)
    if (exponent < EXPONENT_LIMIT)
      exponent = exponent * 10 + (*number->next - '0');
  number->exponent += negative ? -exponent : exponent;
  return number->next > start;
}

/* Sign, digits, point, exponent, up to the end; false for anything else. */
static bool read_decimal(struct decimal *number) {
  if (number->next < number->end && (*number->next == '-' || *number->next == '+'))
    number->negative = *number->next++ == '-';
  size_t digits = read_digits(number, false);
  if (number->next < number->end && *number->next == '.') {
    number->next++;
    digits += read_digits(number, true);
  }
  return digits > 0 && read_exponent(number) && number->next == number->end;
}

static bool read_word(const char *bytes, size_t size, double *value) {
  bool negative = size > 0 && *bytes == '-';
  size_t sign = size > 0 && (*bytes == '-' || *bytes == '+');
  double found = 0;
  bytes += sign;
  size -= sign;
  if ((size == 3 && strncasecmp(bytes, "inf", 3) == 0) ||
      (size == 8 && strncasecmp(bytes, "infinity", 8) == 0))
    found = __builtin_inf();
  else if (size == 3 && strncasecmp(bytes, "nan", 3) == 0)
    found = __builtin_nan("");
  else
    return false;
  *value = negative ? -found : found;
  return true;
}

/* Where mantissa and power are doubles, the one rounding of one operation is the right one. */
static bool round_in_double(const struct decimal *number, double *value) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (number->mantissa > UINT64_C(1) << 53 || number->exponent < -22 || number->exponent > 22)
    return false;
  double mantissa = (double)number->mantissa;
  *value = number->exponent < 0 ? mantissa / powers[-number->exponent] : mantissa * powers[number->exponent];
  return true;
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 uint128;

/* The double nearest to bits × 2^scale; `more` says that the true number is a little larger. Bits has its
 * highest or second highest bit set, and the result is neither subnormal nor infinite. */
static double round_bits(uint64_t bits, int scale, bool more) {
  int extra = 11 - (bits >> 63 == 0); /* bits beyond a double's 53 */
  uint64_t rest = bits & ((UINT64_C(1) << extra) - 1);
  uint64_t half = UINT64_C(1) << (extra - 1);
  bits >>= extra;
  if (rest > half || (rest == half && (more || (bits & 1) != 0)))
    bits++;
  double power = 0;
  uint64_t biased = (uint64_t)(scale + extra + 1023) << 52;
  memcpy(&power, &biased, sizeof power);
  return (double)bits * power; /* exact: a power of two */
}

static const uint64_t powers_of_5[] = {UINT64_C(1),
                                       UINT64_C(5),
                                       UINT64_C(25),
                                       UINT64_C(125),
                                       UINT64_C(625),
                                       UINT64_C(3125),
                                       UINT64_C(15625),
                                       UINT64_C(78125),
                                       UINT64_C(390625),
                                       UINT64_C(1953125),
                                       UINT64_C(9765625),
                                       UINT64_C(48828125),
                                       UINT64_C(244140625),
                                       UINT64_C(1220703125),
                                       UINT64_C(6103515625),
                                       UINT64_C(30517578125),
                                       UINT64_C(152587890625),
                                       UINT64_C(762939453125),
                                       UINT64_C(3814697265625),
                                       UINT64_C(19073486328125),
                                       UINT64_C(95367431640625),
                                       UINT64_C(476837158203125),
                                       UINT64_C(2384185791015625),
                                       UINT64_C(11920928955078125),
                                       UINT64_C(59604644775390625),
                                       UINT64_C(298023223876953125),
                                       UINT64_C(1490116119384765625),
                                       UINT64_C(7450580596923828125)};

/* 10^n is 5^n × 2^n, and up to n = 27 5^n has 64 bits: product and quotient are exact in 128. */
static bool round_in_integers(const struct decimal *number, double *value) {
  int64_t size = number->exponent < 0 ? -number->exponent : number->exponent;
  if (size > 27 || number->mantissa == 0)
    return false;
  uint64_t power = powers_of_5[size];
  int shift = __builtin_clzll(number->mantissa);
  uint64_t mantissa = number->mantissa << shift;
  int power_shift = __builtin_clzll(power);
  power <<= power_shift;
  if (number->exponent < 0) {
    uint128 dividend = (uint128)mantissa << 63; /* below power × 2^64, so that the quotient has 64 bits */
    uint64_t quotient = (uint64_t)(dividend / power);
    *value =
        round_bits(quotient, power_shift - shift - 63 - (int)size, (uint128)quotient * power != dividend);
  } else {
    uint128 product = (uint128)mantissa * power;
    *value =
        round_bits((uint64_t)(product >> 64), 64 - shift - power_shift + (int)size, (uint64_t)product != 0);
  }
  return true;
}
#else
static bool round_in_integers(const struct decimal *number, double *value) {
  (void)number;
  (void)value;
  return false;
}
#endif

/* The C library's way, for what is left: many digits, large exponents. The text is known to be a number. */
static bool round_by_library(char *bytes, size_t size, double *value) {
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (plain == (locale_t)0)
    return false;
  char kept = bytes[size];
  bytes[size] = '\0';
  *value = strtod_l(bytes, NULL, plain);
  bytes[size] = kept;
  freelocale(plain);
  return true;
}

bool dm_number_parse(char *bytes, size_t size, double *value) {
  for (; size > 0 && is_space(bytes[size - 1]); size--)
    ;
  for (; size > 0 && is_space(*bytes); size--)
    bytes++;
  struct decimal number = {.next = bytes, .end = bytes + size, .exact = true};
  if (!read_decimal(&number))
    return read_word(bytes, size, value);
  double found = 0;
  if (!number.exact || (!round_in_double(&number, &found) && !round_in_integers(&number, &found)))
    return round_by_library(bytes, size, value);
  *value = number.negative ? -found : found;
  return true;
}
