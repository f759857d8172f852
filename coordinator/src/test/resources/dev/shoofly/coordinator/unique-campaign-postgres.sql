-- Guests with numbered seats; every unique index is a function of one of a guest's two seat numbers, in another way each.
DROP TABLE IF EXISTS seats
----
DROP TABLE IF EXISTS seat_ledger
----
CREATE EXTENSION IF NOT EXISTS citext
----
CREATE COLLATION IF NOT EXISTS base_letters (provider = icu, locale = 'und-u-ks-level1', deterministic = false)
----
CREATE TABLE seats (
  k text COLLATE base_letters NOT NULL,
  g citext NOT NULL,
  n int NOT NULL,
  label citext NOT NULL UNIQUE,
  maybe int UNIQUE DEFERRABLE INITIALLY DEFERRED,
  line int NOT NULL,
  spot int NOT NULL,
  folded text NOT NULL,
  part int NOT NULL,
  active int NOT NULL,
  span int4range NOT NULL,
  PRIMARY KEY (k, g),
  CONSTRAINT composite UNIQUE (line, spot),
  CONSTRAINT no_overlap EXCLUDE USING gist (span WITH &&)
)
----
CREATE UNIQUE INDEX by_expression ON seats (lower(folded))
----
CREATE UNIQUE INDEX partial ON seats (part) WHERE active = 1
----
-- What each transaction left, written in the same transaction: the truth to compare with.
CREATE TABLE seat_ledger (
  slot int PRIMARY KEY,
  alive boolean NOT NULL,
  key_number int NOT NULL,
  first int,
  second int,
  k text,
  g text,
  n int NOT NULL,
  label text,
  maybe int,
  line int,
  spot int,
  folded text,
  part int,
  active int,
  span int4range
)
----
CREATE INDEX ON seat_ledger (first)
----
CREATE INDEX ON seat_ledger (second)
----
-- Writes one guest anew, in the ledger and in the table: seats, values derived from them, sometimes the key's spelling.
CREATE OR REPLACE PROCEDURE place(who int, new_number int, new_first int, new_second int, stays boolean)
LANGUAGE plpgsql AS $$
DECLARE
  was seat_ledger;
  now seat_ledger;
  touched bigint;
BEGIN
  SELECT * INTO was FROM seat_ledger WHERE slot = who;
  now := was;
  now.alive := stays;
  now.n := was.n + 1;
  now.key_number := new_number;
  IF random() < 0.25 OR was.key_number <> new_number OR was.k IS NULL THEN
    now.k := (ARRAY['row ', 'Row ', 'ROW ', 'röw '])[1 + floor(random() * 4)::int] || new_number;
    now.g := (ARRAY['g', 'G'])[1 + floor(random() * 2)::int];
  END IF;
  now.first := CASE WHEN stays THEN new_first END;
  now.second := CASE WHEN stays THEN new_second END;
  now.label := (ARRAY['seat ', 'SEAT '])[1 + floor(random() * 2)::int] || new_first;
  now.maybe := CASE WHEN random() < 0.75 THEN new_first END;
  now.line := new_second / 7;
  now.spot := new_second % 7;
  now.folded := (ARRAY['F', 'f'])[1 + floor(random() * 2)::int] || new_second;
  now.part := new_second / 2;
  now.active := 1 - new_second % 2;
  now.span := int4range(new_first * 10, new_first * 10 + 10);
  UPDATE seat_ledger
    SET (alive, key_number, first, second, k, g, n, label, maybe, line, spot, folded, part, active, span) = (now.alive,
        now.key_number, now.first, now.second, now.k, now.g, now.n, now.label, now.maybe, now.line, now.spot, now.folded,
        now.part, now.active, now.span)
    WHERE slot = who;
  IF was.alive AND stays THEN
    UPDATE seats
      SET (k, g, n, label, maybe, line, spot, folded, part, active, span) = (now.k, now.g::citext, now.n,
          now.label::citext, now.maybe, now.line, now.spot, now.folded, now.part, now.active, now.span)
      WHERE k = upper(was.k) AND g = was.g::citext;
  ELSIF was.alive THEN
    DELETE FROM seats WHERE k = upper(was.k) AND g = was.g::citext;
  ELSE
    INSERT INTO seats (k, g, n, label, maybe, line, spot, folded, part, active, span)
      VALUES (now.k, now.g, now.n, now.label, now.maybe, now.line, now.spot, now.folded, now.part, now.active, now.span);
  END IF;
  GET DIAGNOSTICS touched = ROW_COUNT;
  IF touched <> 1 THEN
    RAISE EXCEPTION 'a row that a committed transaction left is not in the table: %', was;
  END IF;
END
$$
----
-- One transaction without its COMMIT. which: 0 the first seats change, 1 the second ones, 2 both. later: who acts next, who
-- after that, and the seats that were given up for them.
CREATE OR REPLACE PROCEDURE change_seats(kind int, which int, xs int, ys int, zs int, INOUT later int[])
LANGUAGE plpgsql AS $$
DECLARE
  x seat_ledger;
  y seat_ledger;
  z seat_ledger;
  new_number int := floor(random() * 1000000000);
  park int := 1000000 + floor(random() * 90000000);
  free1 int := later[3];
  free2 int := later[4];
BEGIN
  PERFORM 1 FROM seat_ledger WHERE slot IN (xs, ys, zs) ORDER BY slot FOR UPDATE;
  SELECT * INTO x FROM seat_ledger WHERE slot = xs;
  SELECT * INTO y FROM seat_ledger WHERE slot = ys;
  SELECT * INTO z FROM seat_ledger WHERE slot = zs;
  IF kind = 20 THEN
    later := ARRAY[later[2], 0, x.first, x.second];
  ELSE
    later := ARRAY[0, 0, 0, 0];
  END IF;
  IF NOT x.alive THEN
    CALL place(xs, x.key_number, park, park, true);
  ELSIF kind = 20 THEN
    -- Takes the seats that were given up before, unless somebody else has them by now.
    IF free1 IS NULL OR EXISTS (SELECT 1 FROM seat_ledger WHERE first = free1) THEN free1 := x.first; END IF;
    IF free2 IS NULL OR EXISTS (SELECT 1 FROM seat_ledger WHERE second = free2) THEN free2 := x.second; END IF;
    CALL place(xs, x.key_number, free1, free2, true);
  ELSIF kind < 2 THEN
    -- Gives its seats up; another guest, and then this one, take seats in transactions of their own.
    later := ARRAY[ys, xs, x.first, x.second];
    CALL place(xs, x.key_number, park, park, true);
  ELSIF kind = 2 THEN
    later := ARRAY[ys, xs, x.first, x.second];
    CALL place(xs, x.key_number, x.first, x.second, false);
  ELSIF kind = 3 THEN
    CALL place(xs, new_number, x.first, x.second, true);
  ELSIF NOT y.alive OR NOT z.alive THEN
    CALL place(xs, x.key_number, x.first, x.second, true);
  ELSIF kind < 7 THEN
    CALL place(xs, x.key_number, CASE which WHEN 1 THEN x.first ELSE park END,
      CASE which WHEN 0 THEN x.second ELSE park END, true);
    CALL place(ys, y.key_number, CASE which WHEN 1 THEN y.first ELSE x.first END,
      CASE which WHEN 0 THEN y.second ELSE x.second END, true);
    CALL place(xs, x.key_number, CASE which WHEN 1 THEN x.first ELSE y.first END,
      CASE which WHEN 0 THEN x.second ELSE y.second END, true);
  ELSIF kind = 7 THEN
    CALL place(xs, x.key_number, CASE which WHEN 1 THEN x.first ELSE park END,
      CASE which WHEN 0 THEN x.second ELSE park END, true);
    CALL place(ys, y.key_number, CASE which WHEN 1 THEN y.first ELSE x.first END,
      CASE which WHEN 0 THEN y.second ELSE x.second END, true);
    CALL place(zs, z.key_number, CASE which WHEN 1 THEN z.first ELSE y.first END,
      CASE which WHEN 0 THEN z.second ELSE y.second END, true);
    CALL place(xs, x.key_number, CASE which WHEN 1 THEN x.first ELSE z.first END,
      CASE which WHEN 0 THEN x.second ELSE z.second END, true);
  ELSIF kind = 8 THEN
    CALL place(xs, x.key_number, park, park, true);
    CALL place(ys, y.key_number, x.first, x.second, true);
    CALL place(zs, z.key_number, y.first, y.second, true);
  ELSIF kind = 9 THEN
    CALL place(xs, x.key_number, x.first, x.second, false);
    CALL place(ys, y.key_number, x.first, x.second, true);
    CALL place(xs, x.key_number, y.first, y.second, true);
  ELSE
    CALL place(xs, new_number, x.first, x.second, true);
    CALL place(ys, x.key_number, y.first, y.second, true);
    CALL place(xs, y.key_number, x.first, x.second, true);
  END IF;
  -- A deferred constraint is to speak here, where its error can still be caught.
  SET CONSTRAINTS ALL IMMEDIATE;
END
$$
----
-- So many transactions on the slots from base on; those that lost to another generator are rolled back and do not count.
CREATE OR REPLACE PROCEDURE churn(seed int, base int, slots int, amount int, INOUT commits int, INOUT refused int)
LANGUAGE plpgsql AS $$
DECLARE
  x int;
  y int;
  z int;
  kind int;
  span int;
  later int[] := ARRAY[0, 0, 0, 0];
BEGIN
  PERFORM setseed((seed % 1000) / 1000.0);
  commits := 0;
  refused := 0;
  WHILE commits < amount LOOP
    span := CASE WHEN random() < 0.5 THEN 6 ELSE slots END;
    kind := floor(random() * 11);
    x := floor(random() * span);
    y := (x + 1 + floor(random() * (span - 2))::int) % span;
    z := (y + 1) % span;
    IF later[1] > 0 THEN
      kind := 20;
      x := later[1] - base;
      y := (x + 1) % slots;
      z := (x + 2) % slots;
    END IF;
    BEGIN
      CALL change_seats(kind, floor(random() * 3)::int, base + x, base + y, base + z, later);
      commits := commits + 1;
    EXCEPTION
      WHEN unique_violation OR exclusion_violation OR deadlock_detected OR serialization_failure THEN
        refused := refused + 1;
        later := ARRAY[0, 0, 0, 0];
    END;
    COMMIT;
  END LOOP;
END
$$
----
CREATE OR REPLACE PROCEDURE fill(slots int)
LANGUAGE plpgsql AS $$
BEGIN
  FOR slot IN 1..slots LOOP
    INSERT INTO seat_ledger (slot, alive, key_number, n) VALUES (slot, false, slot, 0);
    CALL place(slot, slot, slot, slot, true);
  END LOOP;
END
$$
