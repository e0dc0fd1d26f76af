#include "datamaestro/graphics.h"

enum { CHUNK = 4096 / 4 * 3 /* bytes, of which base64 makes the 4096 that one command may carry */ };

void dm_graphics_base64(struct dm_buffer *out, const unsigned char *bytes, size_t size) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < size; i += 3) {
    size_t count = size - i < 3 ? size - i : 3;
    unsigned group = (unsigned)bytes[i] << 16;
    group |= count > 1 ? (unsigned)bytes[i + 1] << 8 : 0;
    group |= count > 2 ? bytes[i + 2] : 0;
    char text[4] = {digits[group >> 18], digits[group >> 12 & 63], digits[group >> 6 & 63],
                    digits[group & 63]};
    for (size_t k = count + 1; k < sizeof text; k++)
      text[k] = '=';
    dm_buffer_add(out, text, sizeof text);
  }
}

void dm_graphics_kitty(struct dm_buffer *out, const unsigned char *png, size_t size) {
  for (size_t i = 0; i < size; i += CHUNK) {
    size_t count = size - i < CHUNK ? size - i : CHUNK;
    /* a=T: store and show; f=100: PNG; q=2: no answer, which would stand in the next command line. */
    dm_buffer_print(out, "\033_G%sm=%d;", i == 0 ? "a=T,f=100,q=2," : "", i + count < size);
    dm_graphics_base64(out, png + i, count);
    dm_buffer_add(out, "\033\\", 2);
  }
}
