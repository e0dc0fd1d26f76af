#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/tensor.h"
#include "tensor_blocks.h"

enum {
  LINE_WIDTH = 75,      /* characters, where a row of values is broken */
  SHOWN_WHOLE = 1000,   /* elements: more are shown by their edges */
  EDGE = 3,             /* indices shown at each end of a dimension, */
  EDGE_OF_MANY = 1,     /* … and with more than FEW_DIMS dimensions, of which each multiplies */
  FEW_DIMS = 4,         /* the text */
  DECIMALS_MAXIMUM = 8, /* digits after the point */
  CELL_SIZE = 64,       /* bytes of a longest number */
  COLUMN_SIZE = 128     /* … and with the spaces that align it */
};

/* Text that is cut at `size`, but counted whole. */
struct text {
  char *out;
  size_t size;
  size_t used;
  size_t spaces; /* not yet written: those before a line break never are */
};

struct layout {
  const struct dm_tensor *tensor;
  size_t edge; /* 0: all is shown */
  /* Of the numbers shown: */
  bool scientific;
  double least; /* absolute value, zeros apart */
  double greatest;
  bool finite;   /* there is a finite one */
  bool infinite; /* there is a NaN or an infinity */
  int decimals;  /* after the point, at most */
  int exponent;  /* digits of the exponent, at most */
  int left;      /* characters before the point, at most */
  int width;     /* characters of each number */
};

static void put(struct text *text, const char *bytes, size_t size) {
  for (; text->spaces > 0; text->spaces--) {
    if (text->used < text->size)
      text->out[text->used] = ' ';
    text->used++;
  }
  for (size_t i = 0; i < size; i++, text->used++)
    if (text->used < text->size)
      text->out[text->used] = bytes[i];
}

static void put_string(struct text *text, const char *string) {
  put(text, string, strlen(string));
}

static void break_line(struct text *text) {
  text->spaces = 0;
  put(text, "\n", 1);
}

/* Significant digits of the shortest text that reads back as the same number. */
static int shortest_digits(double value, enum dm_dtype dtype) {
  char text[CELL_SIZE];
  for (int digits = 1; digits < 17; digits++) {
    (void)snprintf(text, sizeof text, "%.*e", digits - 1, value);
    double back = strtod(text, NULL);
    if (dtype == DM_FLOAT32 ? (float)back == (float)value : back == value)
      return digits;
  }
  return 17;
}

/* Drops zeros at the end of the digits after the point, never the point. */
static size_t drop_zeros(char *text, size_t length) {
  while (length > 0 && text[length - 1] == '0')
    length--;
  text[length] = '\0';
  return length;
}

/* "-12.25", "3.": as many decimals as the number needs. */
static void fixed_text(char *out, double value, enum dm_dtype dtype) {
  char text[CELL_SIZE];
  (void)snprintf(text, sizeof text, "%.*e", shortest_digits(value, dtype) - 1, value);
  long exponent = strtol(strchr(text, 'e') + 1, NULL, 10);
  long decimals = shortest_digits(value, dtype) - 1 - exponent;
  if (decimals > DECIMALS_MAXIMUM)
    decimals = DECIMALS_MAXIMUM;
  int length = snprintf(out, CELL_SIZE, "%#.*f", (int)(decimals > 0 ? decimals : 0), value);
  (void)drop_zeros(out, length > 0 ? (size_t)length : 0);
}

/* "1.5e+00" in the layout's digits, or with `decimals` -1 in as many as the number needs. */
static void scientific_text(char *out, double value, const struct layout *layout, int decimals) {
  char text[CELL_SIZE];
  int wanted = decimals;
  if (wanted < 0) {
    int digits = shortest_digits(value, layout->tensor->dtype) - 1;
    wanted = digits < DECIMALS_MAXIMUM ? digits : DECIMALS_MAXIMUM;
  }
  (void)snprintf(text, sizeof text, "%#.*e", wanted, value);
  char *mark = strchr(text, 'e');
  char sign = mark[1];
  long exponent = labs(strtol(mark + 1, NULL, 10));
  *mark = '\0';
  if (decimals < 0)
    (void)drop_zeros(text, (size_t)(mark - text));
  (void)snprintf(out, CELL_SIZE, "%.40se%c%0*ld", text, sign, layout->exponent, exponent);
}

/* Takes a number into account before it is known whether the layout is scientific. */
static void survey(struct layout *layout, const struct dm_scalar *value, char *cell) {
  if (value->is_integer) {
    int length = snprintf(cell, CELL_SIZE, "%lld", (long long)value->integer);
    layout->width = length > layout->width ? length : layout->width;
    return;
  }
  double size = fabs(value->real);
  if (!isfinite(size)) {
    layout->infinite = true;
    return;
  }
  layout->finite = true;
  if (size > 0) {
    layout->least = layout->least == 0 || size < layout->least ? size : layout->least;
    layout->greatest = size > layout->greatest ? size : layout->greatest;
  }
}

static void widen(int *width, long length) {
  if (length > *width)
    *width = (int)length;
}

/* Measures a number's parts before and after the point. */
static void measure(struct layout *layout, const struct dm_scalar *value, char *cell) {
  if (value->is_integer)
    return;
  if (!isfinite(value->real)) {
    int length = snprintf(cell, CELL_SIZE, "%s",
                          isnan(value->real) ? "nan"
                          : value->real < 0  ? "-inf"
                                             : "inf");
    widen(&layout->width, length);
    return;
  }
  if (layout->scientific)
    scientific_text(cell, value->real, layout, -1);
  else
    fixed_text(cell, value->real, layout->tensor->dtype);
  const char *point = strchr(cell, '.');
  const char *mark = strchr(cell, 'e');
  const char *end = mark != NULL ? mark : cell + strlen(cell);
  widen(&layout->left, point - cell);
  widen(&layout->decimals, end - point - 1);
  if (mark != NULL)
    widen(&layout->exponent, (long)strlen(mark) - 2);
}

typedef void visitor(struct layout *layout, const struct dm_scalar *value, char *cell);

/* The index shown after `i`: the middle of a long dimension is left out. */
static size_t next_shown(const struct layout *layout, int dim, size_t i) {
  size_t size = layout->tensor->shape[dim];
  bool gap = layout->edge > 0 && i + 1 == layout->edge && size > 2 * layout->edge;
  return gap ? size - layout->edge : i + 1;
}

/* Calls `visit` with all numbers shown below the first `dim` indices. */
static void visit_shown(struct layout *layout, int dim, size_t *index, visitor *visit) {
  char cell[CELL_SIZE];
  if (dim == layout->tensor->ndim) {
    struct dm_scalar value = dm_tensor_get(layout->tensor, index);
    visit(layout, &value, cell);
    return;
  }
  for (size_t i = 0; i < layout->tensor->shape[dim]; i = next_shown(layout, dim, i)) {
    index[dim] = i;
    visit_shown(layout, dim + 1, index, visit);
  }
}

/* As NumPy decides: very large, very small or very different numbers are scientific. */
static void plan_layout(struct layout *layout) {
  size_t index[DM_TENSOR_MAX_DIMS] = {0};
  const struct dm_tensor *tensor = layout->tensor;
  if (dm_tensor_numel(tensor) > SHOWN_WHOLE)
    layout->edge = tensor->ndim <= FEW_DIMS ? EDGE : EDGE_OF_MANY;
  layout->exponent = 2;
  visit_shown(layout, 0, index, survey);
  layout->scientific =
      layout->greatest >= 1e8 ||
      (layout->greatest > 0 && (layout->least < 1e-4 || layout->greatest / layout->least > 1e3));
  visit_shown(layout, 0, index, measure);
  if (layout->finite) {
    int exponent = layout->scientific ? 2 + layout->exponent : 0;
    widen(&layout->width, layout->left + 1 + layout->decimals + exponent);
  }
}

/* Writes a number in the layout's columns; returns what it takes with the spaces around. */
static size_t format_cell(const struct layout *layout, const struct dm_scalar *value, char *cell) {
  char text[CELL_SIZE];
  int after = 0;
  if (value->is_integer)
    (void)snprintf(text, sizeof text, "%lld", (long long)value->integer);
  else if (!isfinite(value->real))
    (void)snprintf(text, sizeof text, "%s", isnan(value->real) ? "nan" : value->real < 0 ? "-inf" : "inf");
  else if (layout->scientific)
    scientific_text(text, value->real, layout, layout->decimals);
  else {
    fixed_text(text, value->real, layout->tensor->dtype);
    after = layout->decimals - (int)strlen(strchr(text, '.') + 1);
  }
  int length = snprintf(cell, COLUMN_SIZE, "%*s%*s", layout->width - after, text, after, "");
  return length > 0 ? (size_t)length : 0;
}

/* Writes a number or `...`, on a line of its own where it no longer fits in this one. */
static void put_word(struct text *text, size_t *column, size_t indent, const char *word, size_t length) {
  if (*column > indent && *column + length > LINE_WIDTH - indent) {
    break_line(text);
    text->spaces = indent;
    *column = indent;
  }
  size_t end = length;
  while (end > 0 && word[end - 1] == ' ')
    end--;
  put(text, word, end);
  text->spaces += length - end;
  *column += length;
}

static void put_row(struct text *text, const struct layout *layout, size_t *index) {
  char cell[COLUMN_SIZE];
  int dim = layout->tensor->ndim - 1;
  size_t size = layout->tensor->shape[dim];
  size_t indent = (size_t)layout->tensor->ndim;
  size_t column = indent;
  for (size_t i = 0, next = 0; i < size; i = next) {
    index[dim] = i;
    next = next_shown(layout, dim, i);
    struct dm_scalar value = dm_tensor_get(layout->tensor, index);
    put_word(text, &column, indent, cell, format_cell(layout, &value, cell));
    if (next < size) {
      text->spaces++;
      column++;
    }
    if (next > i + 1) {
      put_word(text, &column, indent, "...", 3);
      text->spaces++;
      column++;
    }
  }
}

/* Nested brackets; blank lines between the blocks of the outer dimensions. */
static void put_nested(struct text *text, const struct layout *layout, int dim, size_t *index) {
  int inner = layout->tensor->ndim - 1 - dim; /* dimensions within this one */
  size_t size = layout->tensor->shape[dim];
  put(text, "[", 1);
  if (inner == 0)
    put_row(text, layout, index);
  else
    for (size_t i = 0, next = 0; i < size; i = next) {
      index[dim] = i;
      next = next_shown(layout, dim, i);
      put_nested(text, layout, dim + 1, index);
      for (int k = 0; k < inner && next < size; k++)
        break_line(text);
      if (next < size)
        text->spaces = (size_t)dim + 1;
      if (next > i + 1) {
        put_string(text, "...");
        for (int k = 0; k < inner; k++)
          break_line(text);
        text->spaces = (size_t)dim + 1;
      }
    }
  put(text, "]", 1);
}

size_t dm_tensor_format(const struct dm_tensor *tensor, char *out, size_t size) {
  char cell[COLUMN_SIZE];
  char shape[DM_SHAPE_TEXT_SIZE];
  size_t index[DM_TENSOR_MAX_DIMS] = {0};
  struct text text = {.size = size};
  struct layout layout = {.tensor = tensor};
  text.out = out;
  put_string(&text, "tensor<");
  put_string(&text, dm_dtype_name(tensor->dtype));
  put_string(&text, tensor->ndim > 0 ? " " : "");
  put_string(&text, dm_shape_text(shape, tensor->ndim, tensor->shape, "×"));
  put_string(&text, ">\n");
  if (dm_tensor_numel(tensor) == 0) {
    put_string(&text, "[]");
    return text.used;
  }
  plan_layout(&layout);
  if (tensor->ndim > 0)
    put_nested(&text, &layout, 0, index);
  else {
    struct dm_scalar value = dm_tensor_get(tensor, index);
    put(&text, cell, format_cell(&layout, &value, cell));
  }
  return text.used;
}
