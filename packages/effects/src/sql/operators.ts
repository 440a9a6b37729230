import { words } from './words.ts';

/** Operators that PostgreSQL has itself, as in its catalog; another is somebody's function. */
export const OPERATORS: ReadonlySet<string> = new Set(
  words(`
  + - * / % ^ |/ ||/ @ & | # ~ << >> = <> < > <= >= || ~* !~ !~* ~~ !~~ ~~* !~~* -> ->> #> #>> @> <@ ? ?| ?& #-
  @? @@ @@@ && &< &> -|- <-> <<| |>> &<| |&> <^ >^ ?# ?- ?|| ?-| ## @-@ ~= ^@ !! <<= >>= *= *<> *< *> *<= *>= !=
  ~<~ ~<=~ ~>=~ ~>~
`),
);

/** BETWEEN is written like an operator in the parse tree. */
export const BETWEEN: ReadonlySet<string> = new Set([
  'BETWEEN',
  'NOT BETWEEN',
  'BETWEEN SYMMETRIC',
  'NOT BETWEEN SYMMETRIC',
]);
