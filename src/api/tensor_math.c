/* Arithmetic and comparisons of tensors, element by element. */
#include "datamaestro/tensor_math.h"

#include "lua_util.h"
#include "tensor_handle.h"

/* The tensor or number at argument `index`. */
static struct dm_operand check_operand(lua_State *L, int index, const char *name) {
  struct dm_operand operand = {.number.is_integer = lua_isinteger(L, index)};
  if (lua_type(L, index) != LUA_TNUMBER) {
    if (luaL_testudata(L, index, DM_LUA_TENSOR) == NULL)
      luaL_error(L, "%s: %s (tensor or number expected)", name, luaL_typename(L, index));
    operand.tensor = dm_lua_tensor_check(L, index);
  } else if (operand.number.is_integer)
    operand.number.integer = lua_tointeger(L, index);
  else
    operand.number.real = lua_tonumber(L, index);
  return operand;
}

/* Pushes what an operation makes of two operands, of which arguments hold the tensors. */
static int push_result(lua_State *L, struct dm_tensor *result, enum dm_operation operation,
                       const struct dm_operand *a, const struct dm_operand *b) {
  struct dm_error err;
  if (dm_tensor_apply(result, operation, a, b, &err) != 0)
    return luaL_error(L, "%s", err.message);
  dm_lua_tensor_account(L, result);
  return 1;
}

/* Combines arguments 1 and 2. The result is made first, since that may run finalizers. */
static int apply(lua_State *L, enum dm_operation operation) {
  const char *name = dm_operation_name(operation);
  lua_settop(L, 2);
  struct dm_tensor *result = dm_lua_tensor_new(L);
  struct dm_operand a = check_operand(L, 1, name);
  struct dm_operand b = check_operand(L, 2, name);
  if (a.tensor == NULL && b.tensor == NULL)
    return luaL_error(L, "%s: two numbers (a tensor expected)", name);
  return push_result(L, result, operation, &a, &b);
}

/* Combines argument 1 and an integer. */
static int apply_number(lua_State *L, enum dm_operation operation, int64_t number) {
  struct dm_tensor *result = dm_lua_tensor_new(L);
  struct dm_operand a = {.tensor = dm_lua_tensor_check(L, 1)};
  struct dm_operand b = {.number = {.is_integer = true, .integer = number}};
  return push_result(L, result, operation, &a, &b);
}

/* t:add(u) → tensor: t + u. Here and below, u is a tensor of t's shape or a number; results are tensors over
 * memory of their own, and integers that do not fit raise. */
static int tensor_add(lua_State *L) {
  return apply(L, DM_ADD);
}

/* t:sub(u) → tensor: t - u. */
static int tensor_sub(lua_State *L) {
  return apply(L, DM_SUB);
}

/* t:mul(u) → tensor: t * u. */
static int tensor_mul(lua_State *L) {
  return apply(L, DM_MUL);
}

/* t:div(u) → tensor of floats: t / u; of integers float64. */
static int tensor_div(lua_State *L) {
  return apply(L, DM_DIV);
}

/* t:neg() → tensor: -t. */
static int tensor_neg(lua_State *L) {
  return apply_number(L, DM_MUL, -1);
}

/* t:abs() → tensor: values without their signs. */
static int tensor_abs(lua_State *L) {
  return apply_number(L, DM_ABS, 0);
}

/* t:minimum(u) → tensor: the lesser of each two; NaN where either is. */
static int tensor_minimum(lua_State *L) {
  return apply(L, DM_MINIMUM);
}

/* t:maximum(u) → tensor: the greater of each two; NaN where either is. */
static int tensor_maximum(lua_State *L) {
  return apply(L, DM_MAXIMUM);
}

/* t:clamp(low, high) → tensor: values below the number low become low, those above high become high; nil sets
 * no limit. */
static int tensor_clamp(lua_State *L) {
  (void)dm_lua_tensor_check(L, 1);
  lua_settop(L, 3);
  if (lua_isnil(L, 2) && lua_isnil(L, 3))
    return luaL_error(L, "clamp: no limit (one or two numbers expected)");
  for (int limit = 2; limit <= 3; limit++) {
    if (lua_isnil(L, limit))
      continue;
    (void)luaL_checknumber(L, limit);
    lua_pushcfunction(L, limit == 2 ? tensor_maximum : tensor_minimum);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, limit);
    lua_call(L, 2, 1);
    lua_replace(L, 1);
  }
  lua_settop(L, 1);
  return 1;
}

/* t:eq(u) → tensor of uint8: 1 where the values are equal, else 0. */
static int tensor_eq(lua_State *L) {
  return apply(L, DM_EQ);
}

/* t:ne(u) → tensor of uint8: 1 where the values differ, else 0. */
static int tensor_ne(lua_State *L) {
  return apply(L, DM_NE);
}

/* t:lt(u) → tensor of uint8: 1 where t is less than u, else 0. */
static int tensor_lt(lua_State *L) {
  return apply(L, DM_LT);
}

/* t:le(u) → tensor of uint8: 1 where t is at most u, else 0. */
static int tensor_le(lua_State *L) {
  return apply(L, DM_LE);
}

/* t:gt(u) → tensor of uint8: 1 where t is greater than u, else 0. */
static int tensor_gt(lua_State *L) {
  return apply(L, DM_GT);
}

/* t:ge(u) → tensor of uint8: 1 where t is at least u, else 0. */
static int tensor_ge(lua_State *L) {
  return apply(L, DM_GE);
}

const luaL_Reg dm_lua_tensor_math[] = {
    {"add", tensor_add},         {"sub", tensor_sub},         {"mul", tensor_mul},     {"div", tensor_div},
    {"neg", tensor_neg},         {"abs", tensor_abs},         {"clamp", tensor_clamp}, {"eq", tensor_eq},
    {"minimum", tensor_minimum}, {"maximum", tensor_maximum}, {"ne", tensor_ne},       {"lt", tensor_lt},
    {"le", tensor_le},           {"gt", tensor_gt},           {"ge", tensor_ge},       {NULL, NULL}};

const luaL_Reg dm_lua_tensor_operators[] = {{"__add", tensor_add}, {"__sub", tensor_sub},
                                            {"__mul", tensor_mul}, {"__div", tensor_div},
                                            {"__unm", tensor_neg}, {NULL, NULL}};
