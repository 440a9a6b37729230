import { words } from './words.ts';

/** Types of PostgreSQL's catalog: to make a value of one computes and does nothing else. */
export const TYPES: ReadonlySet<string> = new Set(
  words(`
  aclitem bit bool box bpchar bytea char cid cidr circle date datemultirange daterange float4 float8 gtsvector inet
  int2 int2vector int4 int4multirange int4range int8 int8multirange int8range interval json jsonb jsonpath line lseg
  macaddr macaddr8 money name numeric nummultirange numrange oid oid8 oidvector path pg_dependencies pg_lsn
  pg_mcv_list pg_ndistinct pg_node_tree pg_snapshot point polygon refcursor regclass regcollation regconfig
  regdatabase regdictionary regnamespace regoper regoperator regproc regprocedure regrole regtype text tid time
  timestamp timestamptz timetz tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector txid_snapshot uuid
  varbit varchar xid xid8 xml
`),
);

/** Of usual extensions, of the standard's views, and what is not quite a type. */
const OTHER_TYPES: ReadonlySet<string> = new Set(
  words(`
  anyarray anyelement cstring record unknown void serial serial2 serial4 serial8 smallserial bigserial
  box2d box3d citext cube earth geography geometry halfvec hstore isbn isbn13 lquery ltree ltxtquery query_int raster seg
  semver sparsevec vector information_schema.cardinal_number information_schema.character_data
  information_schema.sql_identifier information_schema.time_stamp information_schema.yes_or_no
`),
);

/** Whether making a value of the type computes and does nothing else: of another, its domain or cast may do anything. */
export function isKnownType(names: readonly string[]): boolean {
  const full = names.join('.');
  if (OTHER_TYPES.has(full)) return true;
  const own = names.length === 2 && names[0] === 'pg_catalog' ? (names[1] ?? '') : full;
  // An array's type has its element's name after a line.
  return TYPES.has(own) || (own.startsWith('_') && TYPES.has(own.slice(1)));
}

/** What a type of somebody's must not be called: it would be taken for a known one. */
export function isTypeName(name: string): boolean {
  return TYPES.has(name) || OTHER_TYPES.has(name);
}

/** Access methods of PostgreSQL and its usual extensions: another is code of somebody's. */
export const ACCESS_METHODS: ReadonlySet<string> = new Set(
  words('heap btree hash gist gin spgist brin bloom hnsw ivfflat rum'),
);

const OPERATOR_CLASSES: ReadonlySet<string> = new Set(
  words(`
  array_ops enum_ops multirange_ops poly_ops range_ops record_image_ops network_ops quad_point_ops kd_point_ops
  gin_trgm_ops gist_trgm_ops gin_hstore_ops gist_hstore_ops gin__int_ops gist__int_ops gist__intbig_ops
  gist_geometry_ops_2d gist_geometry_ops_nd gist_ltree_ops bit_hamming_ops bit_jaccard_ops
  vector_l2_ops vector_ip_ops vector_cosine_ops vector_l1_ops halfvec_l2_ops halfvec_ip_ops halfvec_cosine_ops
  halfvec_l1_ops sparsevec_l2_ops sparsevec_ip_ops sparsevec_cosine_ops sparsevec_l1_ops
`),
);

/** Most are called after their type: `text_pattern_ops`, `int4_minmax_multi_ops`. */
const OF_TYPE = /^(?:gin_|gist_)?(\w+?)(?:_pattern|_path|_minmax|_minmax_multi|_inclusion|_bloom)?_ops$/;

/** Whether an operator class is one of PostgreSQL's, or of its usual extensions. */
export function isKnownOperatorClass(names: readonly string[]): boolean {
  const name = names.at(-1) ?? '';
  if (names.length > 1 && (names.length > 2 || names[0] !== 'pg_catalog')) return false;
  return OPERATOR_CLASSES.has(name) || isTypeName(OF_TYPE.exec(name)?.[1] ?? '');
}
