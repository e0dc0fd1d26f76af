#include "datamaestro/printable.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_continuation(unsigned char byte) {
  return (byte & 0xc0) == 0x80;
}

/* Bytes of the UTF-8 character at `bytes` (1 to 4) and its number, or 0 when it is none. */
static size_t decode(const unsigned char *bytes, size_t size, uint32_t *number) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* shorter forms are not allowed */
  size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
  *number = bytes[0];
  if (length == 1)
    return 1;
  if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || length > size)
    return 0;
  *number = bytes[0] & (0xffU >> (length + 1));
  for (size_t i = 1; i < length; i++) {
    if (!is_continuation(bytes[i]))
      return 0;
    *number = *number << 6 | (bytes[i] & 0x3f);
  }
  bool is_surrogate = *number >= 0xd800 && *number < 0xe000;
  return *number < least[length] || *number > 0x10ffff || is_surrogate ? 0 : length;
}

static bool is_harmless(uint32_t number) {
  if (number < 0x20 || (number >= 0x7f && number < 0xa0))
    return false;
  bool is_separator = number == 0x2028 || number == 0x2029;
  bool is_direction = number == 0x200e || number == 0x200f || number == 0x61c ||
                      (number >= 0x202a && number <= 0x202e) || (number >= 0x2066 && number <= 0x2069);
  return !is_separator && !is_direction;
}

bool dm_printable_is_plain(const char *bytes, size_t size) {
  const unsigned char *next = (const unsigned char *)bytes;
  while (size > 0) {
    uint32_t number = 0;
    size_t length = decode(next, size, &number);
    if (length == 0 || !is_harmless(number))
      return false;
    next += length;
    size -= length;
  }
  return true;
}

char *dm_printable_text(char *out, size_t capacity, const char *bytes, size_t size) {
  static const char digits[] = "0123456789abcdef";
  const unsigned char *next = (const unsigned char *)bytes;
  size_t used = 0;
  size_t room = capacity - sizeof "...";
  while (size > 0) {
    uint32_t number = 0;
    size_t length = decode(next, size, &number);
    bool is_plain = length > 0 && is_harmless(number);
    if (used + (is_plain ? length : 4) > room) {
      memcpy(out + used, "...", 3);
      used += 3;
      break;
    }
    if (is_plain) {
      memcpy(out + used, next, length);
      used += length;
    } else {
      length = 1;
      memcpy(out + used, "\\x", 2);
      out[used + 2] = digits[*next >> 4];
      out[used + 3] = digits[*next & 15];
      used += 4;
    }
    next += length;
    size -= length;
  }
  out[used] = '\0';
  return out;
}

/* Where user and password end: at the last @ of the authority. What has a `:` that no port follows is taken
 * for a password with odd characters, up to the last @ of all. */
static const char *find_at(const char *host) {
  const char *end = host + strcspn(host, "/?#");
  const char *colon = memchr(host, ':', (size_t)(end - host));
  const char *last = memrchr(host, '@', (size_t)(end - host));
  bool is_odd = last == NULL && colon != NULL && colon + 1 + strspn(colon + 1, "0123456789") != end;
  return is_odd ? strrchr(host, '@') : last;
}

char *dm_printable_url(char *out, size_t capacity, const char *url) {
  const char *slashes = strstr(url, "//");
  const char *host = slashes != NULL ? slashes + 2 : url;
  slashes = find_at(host);
  if (slashes == NULL || *slashes != '@')
    return dm_printable_text(out, capacity, url, strlen(url));
  size_t scheme = (size_t)(host - url);
  if (scheme + 16 > capacity)
    scheme = 0;
  memcpy(out, url, scheme);
  (void)dm_printable_text(out + scheme, capacity - scheme, slashes + 1, strlen(slashes + 1));
  return out;
}

char *dm_printable_size(char *out, size_t capacity, uint64_t bytes) {
  static const char *const units[] = {"KB", "MB", "GB", "TB", "PB", "EB"};
  double value = (double)bytes / 1000;
  size_t unit = 0;
  if (bytes < 1000) {
    (void)snprintf(out, capacity, "%" PRIu64 " byte%s", bytes, bytes == 1 ? "" : "s");
    return out;
  }
  while (value >= 999.95 && unit + 1 < sizeof units / sizeof units[0]) {
    value /= 1000;
    unit++;
  }
  (void)snprintf(out, capacity, "%.1f %s", value, units[unit]);
  return out;
}
