/* Inside the graphics core: a picture's colours, reduced to a few. */
#ifndef DATAMAESTRO_PALETTE_H
#define DATAMAESTRO_PALETTE_H

#include <stdint.h>

#include "datamaestro/canvas.h"

enum { DM_PALETTE_MAXIMUM = 256, DM_PALETTE_CLEAR = 0xffff /* index of a pixel that is transparent */ };

struct dm_palette {
  int count; /* colours */
  unsigned char colours[DM_PALETTE_MAXIMUM][3];
  uint16_t *indices; /* one a pixel, row-major, malloc'ed */
};

/* Chooses up to `limit` colours (2 at least) by median cut and gives each pixel one, errors diffused to its
 * neighbours (Floyd and Steinberg, 1976); a picture of no more colours than that keeps them exactly. */
int dm_palette_open(struct dm_palette *palette, const struct dm_canvas *canvas, int limit,
                    struct dm_error *err);

/* Frees; closed is fine. */
void dm_palette_close(struct dm_palette *palette);

#endif
