/* Inside the canvas core: the shapes of the ASCII characters. */
#ifndef DATAMAESTRO_GLYPHS_H
#define DATAMAESTRO_GLYPHS_H

#include <stdint.h>

enum { DM_GLYPH_ROWS = 7, DM_GLYPH_COLUMNS = 5, DM_GLYPH_FIRST = ' ', DM_GLYPH_LAST = '~' };

/* Rows from the top; in each, bit 4 is the leftmost pixel. */
extern const uint8_t dm_glyphs[DM_GLYPH_LAST - DM_GLYPH_FIRST + 1][DM_GLYPH_ROWS];

#endif
