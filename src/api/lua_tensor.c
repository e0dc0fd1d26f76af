/* Module datamaestro.api.tensor: tensors as Lua values. Indices and dimensions count from 1. */
#include <string.h>

#include "datamaestro/idx.h"
#include "datamaestro/npy.h"
#include "lua_util.h"
#include "tensor_handle.h"

/* tensor.idx(path) → tensor | nil, message, code: the IDX file, mapped, nothing but its header read.
 * "unknown" when missing, "format" when not an IDX file to the byte. */
static int tensor_idx(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  if (dm_idx_open(dm_lua_tensor_new(L), path, &err) != 0)
    return dm_lua_fail(L, &err);
  return 1;
}

/* tensor.npy(path) → tensor | nil, message, code: the NPY file, mapped, nothing but its header read; an array
 * without dimensions as one of a single element. "unknown" when missing, "format" when not an NPY file to
 * the byte, or of a type that tensors do not have. */
static int tensor_npy(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  struct dm_tensor *tensor = dm_lua_tensor_new(L);
  if (dm_npy_open(tensor, path, &err) != 0)
    return dm_lua_fail(L, &err);
  dm_lua_tensor_widen(tensor);
  return 1;
}

/* t:save(path) → true | nil, message, code: writes an NPY file, which takes the place of one that is there
 * when it is whole and on disk. */
static int tensor_save(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 2);
  if (dm_npy_save(dm_lua_tensor_hold(L, 1), path, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, true);
  return 1;
}

/* tensor.is_tensor(value) → boolean: closed tensors are tensors too. */
static int tensor_is_tensor(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, luaL_testudata(L, 1, DM_LUA_TENSOR) != NULL);
  return 1;
}

/* The shape at argument `index`: a table of sizes, or one size. Returns the number of dimensions. */
static int check_shape(lua_State *L, int index, size_t *shape) {
  if (lua_type(L, index) == LUA_TNUMBER) {
    lua_Integer size = luaL_checkinteger(L, index);
    luaL_argcheck(L, size >= 0, index, "negative size");
    shape[0] = (size_t)size;
    return 1;
  }
  luaL_checktype(L, index, LUA_TTABLE);
  size_t ndim = lua_rawlen(L, index);
  luaL_argcheck(
      L, ndim >= 1 && ndim <= DM_TENSOR_MAX_DIMS, index,
      lua_pushfstring(L, "%I dimensions (1 to %d expected)", (lua_Integer)ndim, DM_TENSOR_MAX_DIMS));
  for (size_t k = 0; k < ndim; k++) {
    int exact = 0;
    lua_rawgeti(L, index, (lua_Integer)k + 1);
    lua_Integer size = lua_tointegerx(L, -1, &exact);
    luaL_argcheck(L, exact && size >= 0, index, "sizes: whole numbers from 0 on expected");
    shape[k] = (size_t)size;
    lua_pop(L, 1);
  }
  return (int)ndim;
}

/* Writes the number on the top of the stack as element `position` of `tensor`, or raises. */
static void store_number(lua_State *L, const struct dm_tensor *tensor, size_t position) {
  struct dm_error err;
  int64_t integer = 0;
  double real = 0;
  size_t item = dm_dtype_size(tensor->dtype);
  struct dm_storage value = {.size = sizeof real, .references = 1};
  struct dm_tensor number = {.storage = &value};
  if (lua_type(L, -1) != LUA_TNUMBER)
    luaL_error(L, "value %I: %s (number expected)", (lua_Integer)position + 1, luaL_typename(L, -1));
  if (lua_isinteger(L, -1)) {
    integer = lua_tointeger(L, -1);
    number.data = (const unsigned char *)&integer;
    number.dtype = DM_INT64;
  } else {
    real = lua_tonumber(L, -1);
    number.data = (const unsigned char *)&real;
    number.dtype = DM_FLOAT64;
  }
  if (dm_tensor_convert(&number, tensor->dtype, tensor->storage->bytes + position * item, item, &err) != 0)
    luaL_error(L, "value %I: %s", (lua_Integer)position + 1, err.message + strlen("value "));
}

/* Fills the elements from `position` on with the table at the top of the stack: nested as the
 * dimensions from `dim` on are. Returns the position after them. */
static size_t store_nested(lua_State *L, const struct dm_tensor *tensor, int dim, size_t position) {
  if (lua_type(L, -1) != LUA_TTABLE)
    luaL_error(L, "values: %s (table of %I expected)", luaL_typename(L, -1), (lua_Integer)tensor->shape[dim]);
  if (lua_rawlen(L, -1) != tensor->shape[dim])
    luaL_error(L, "values: %I in a table (%I expected)", (lua_Integer)lua_rawlen(L, -1),
               (lua_Integer)tensor->shape[dim]);
  for (size_t i = 0; i < tensor->shape[dim]; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    if (dim + 1 < tensor->ndim)
      position = store_nested(L, tensor, dim + 1, position);
    else
      store_number(L, tensor, position++);
    lua_pop(L, 1);
  }
  return position;
}

/* Fills all elements from the table at argument `index`, nested or flat. */
static void store_table(lua_State *L, const struct dm_tensor *tensor, int index) {
  struct dm_tensor flat = *tensor; /* for its shape only: no reference is taken */
  luaL_checkstack(L, 2 * DM_TENSOR_MAX_DIMS, "nested values");
  lua_pushvalue(L, index);
  lua_rawgeti(L, -1, 1);
  bool nested = lua_type(L, -1) == LUA_TTABLE;
  lua_pop(L, 1);
  if (!nested) {
    flat.ndim = 1;
    flat.shape[0] = dm_tensor_numel(tensor);
  }
  (void)store_nested(L, &flat, 0, 0);
  lua_pop(L, 1);
}

/* tensor.from(dtype, shape, values) → tensor over memory of its own | nil, message, code: shape is a table
 * of sizes or one size; values a table, nested as the shape is or flat, or a string of elements in
 * this machine's byte order. Raises where number, size or range of the values do not fit. */
static int tensor_from(lua_State *L) {
  struct dm_error err;
  size_t shape[DM_TENSOR_MAX_DIMS] = {0};
  size_t numel = 0;
  size_t length = 0;
  enum dm_dtype dtype = dm_lua_dtype_check(L, 1, NULL);
  int ndim = check_shape(L, 2, shape);
  luaL_argexpected(L, lua_istable(L, 3) || lua_type(L, 3) == LUA_TSTRING, 3, "table or string");
  luaL_argcheck(L, dm_shape_numel(&numel, dtype, ndim, shape), 2, "shape larger than memory can be");
  const char *bytes = lua_istable(L, 3) ? NULL : lua_tolstring(L, 3, &length);
  size_t expected = numel * dm_dtype_size(dtype);
  if (bytes != NULL && length != expected)
    luaL_argerror(L, 3,
                  lua_pushfstring(L, "%I bytes (%I expected)", (lua_Integer)length, (lua_Integer)expected));
  struct dm_tensor *tensor = dm_lua_tensor_new(L);
  if (dm_tensor_alloc(tensor, dtype, ndim, shape, &err) != 0)
    return dm_lua_fail(L, &err);
  if (bytes != NULL)
    memcpy(tensor->storage->bytes, bytes, length);
  else
    store_table(L, tensor, 3);
  dm_lua_tensor_account(L, tensor);
  return 1;
}

/* t:close() → nothing: gives this view's hold on the file or memory up, at once; also by `<close>` and
 * by the collector. Other views stay open. */
static int tensor_close(lua_State *L) {
  dm_tensor_close(luaL_checkudata(L, 1, DM_LUA_TENSOR));
  return 0;
}

/* #t → size of the first dimension. */
static int tensor_len(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)dm_lua_tensor_check(L, 1)->shape[0]);
  return 1;
}

/* a == b → boolean: same type, shape and values. */
static int tensor_eq(lua_State *L) {
  const struct dm_tensor *a = luaL_testudata(L, 1, DM_LUA_TENSOR);
  const struct dm_tensor *b = luaL_testudata(L, 2, DM_LUA_TENSOR);
  lua_pushboolean(L, a != NULL && b != NULL && a->storage != NULL && b->storage != NULL &&
                         dm_tensor_equal(a, b));
  return 1;
}

/* tostring(t) → type, shape and values, those in the middle of over 1000 left out. */
static int tensor_tostring(lua_State *L) {
  luaL_Buffer buffer;
  const struct dm_tensor *tensor = luaL_checkudata(L, 1, DM_LUA_TENSOR);
  if (tensor->storage == NULL) {
    lua_pushliteral(L, "tensor<closed>");
    return 1;
  }
  tensor = dm_lua_tensor_hold(L, 1);
  size_t size = dm_tensor_format(tensor, NULL, 0);
  char *out = luaL_buffinitsize(L, &buffer, size);
  luaL_pushresultsize(&buffer, dm_tensor_format(tensor, out, size));
  return 1;
}

/* Whether Lua code called the running function, rather than C such as the iterator of ipairs. */
static bool called_from_lua(lua_State *L) {
  lua_Debug record;
  return lua_getstack(L, 1, &record) && lua_getinfo(L, "S", &record) && *record.what != 'C';
}

/* t[i] → view of one dimension less, or a number where t has one dimension; an index out of range
 * raises. One past the end is nil for C callers, so that ipairs(t) and table.unpack(t) end there.
 * t.name → the method, nil where there is none. Methods are upvalue 1. */
static int tensor_index(lua_State *L) {
  int exact = 0;
  if (lua_type(L, 2) != LUA_TNUMBER) {
    lua_settop(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
  }
  const struct dm_tensor *tensor = dm_lua_tensor_check(L, 1);
  lua_Integer index = lua_tointegerx(L, 2, &exact);
  if (!exact)
    return luaL_error(L, "index %f (whole number expected)", lua_tonumber(L, 2));
  if (index >= 1 && (lua_Unsigned)index <= tensor->shape[0])
    return dm_lua_tensor_at(L, tensor, 0, index);
  if ((lua_Unsigned)index != tensor->shape[0] + 1 || called_from_lua(L))
    return luaL_error(L, "%s", dm_lua_index_message(L, index, tensor->shape[0]));
  lua_pushnil(L);
  return 1;
}

/* t[i] = x raises: tensors are read only. */
static int tensor_newindex(lua_State *L) {
  return luaL_error(L, "tensors are read only (use datamaestro.api.tensor's from for new values)");
}

static void add_index(lua_State *L) {
  static const luaL_Reg methods[] = {{"close", tensor_close}, {"save", tensor_save}, {NULL, NULL}};
  luaL_getmetatable(L, DM_LUA_TENSOR);
  lua_newtable(L);
  luaL_setfuncs(L, dm_lua_tensor_views, 0);
  luaL_setfuncs(L, dm_lua_tensor_values, 0);
  luaL_setfuncs(L, dm_lua_tensor_math, 0);
  luaL_setfuncs(L, dm_lua_tensor_reductions, 0);
  luaL_setfuncs(L, dm_lua_tensor_rows, 0);
  luaL_setfuncs(L, methods, 0);
  lua_pushcclosure(L, tensor_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

DM_LUA_MODULE int luaopen_datamaestro_api_tensor(lua_State *L);

int luaopen_datamaestro_api_tensor(lua_State *L) {
  static const luaL_Reg functions[] = {{"idx", tensor_idx},
                                       {"npy", tensor_npy},
                                       {"from", tensor_from},
                                       {"is_tensor", tensor_is_tensor},
                                       {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__gc", tensor_close},
                                         {"__close", tensor_close},
                                         {"__len", tensor_len},
                                         {"__eq", tensor_eq},
                                         {"__newindex", tensor_newindex},
                                         {"__tostring", tensor_tostring},
                                         {NULL, NULL}};
  dm_lua_class(L, DM_LUA_TENSOR, metamethods, NULL);
  luaL_getmetatable(L, DM_LUA_TENSOR);
  luaL_setfuncs(L, dm_lua_tensor_operators, 0);
  lua_pop(L, 1);
  add_index(L);
  luaL_newlib(L, functions);
  luaL_setfuncs(L, dm_lua_tensor_batches, 0);
  return 1;
}
