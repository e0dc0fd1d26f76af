/* Pictures for terminals: as characters, as sixels, or by Kitty's protocol. */
#ifndef DATAMAESTRO_GRAPHICS_H
#define DATAMAESTRO_GRAPHICS_H

#include <stdbool.h>
#include <stddef.h>

#include "datamaestro/buffer.h"
#include "datamaestro/canvas.h"

enum dm_colours {
  DM_COLOURS_NONE, /* a character for each brightness */
  DM_COLOURS_256,  /* the 216 colours and 24 greys that xterm has */
  DM_COLOURS_TRUE  /* 24 bits */
};

struct dm_blocks_options {
  enum dm_colours colours;
  bool unicode; /* half blocks, two pixels a character; else one colour a character, the average of two */
  bool light;   /* without colours: dark characters on a light ground */
};

/* Adds lines of characters, each ended by a newline, one character wide for a pixel and two pixels high.
 * Where the canvas is transparent, the terminal's ground shows. */
void dm_graphics_blocks(struct dm_buffer *out, const struct dm_canvas *canvas,
                        const struct dm_blocks_options *options);

/* Adds the canvas as sixels (DEC's "VT330/VT340 Programmer Reference Manual", volume 2, chapter 14), with
 * `colours` colours of its own at most (2 to 256). Pixels of less than half opacity stay as they are on the
 * screen. */
int dm_graphics_sixel(struct dm_buffer *out, const struct dm_canvas *canvas, int colours,
                      struct dm_error *err);

/* Adds a PNG for Kitty's protocol (https://sw.kovidgoyal.net/kitty/graphics-protocol/): shown at the cursor,
 * no answer asked for. */
void dm_graphics_kitty(struct dm_buffer *out, const unsigned char *png, size_t size);

/* Adds bytes in base64 (RFC 4648). */
void dm_graphics_base64(struct dm_buffer *out, const unsigned char *bytes, size_t size);

#endif
