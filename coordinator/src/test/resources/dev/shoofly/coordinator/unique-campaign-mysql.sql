-- Guests with numbered seats; every unique index is a function of one of a guest's two seat numbers, in another way each.
DROP TABLE IF EXISTS seats
----
DROP TABLE IF EXISTS seat_ledger
----
CREATE TABLE seats (
  k varchar(40) COLLATE utf8mb4_0900_ai_ci NOT NULL,
  g varchar(10) COLLATE utf8mb4_unicode_ci NOT NULL,
  n int NOT NULL,
  label varchar(40) COLLATE utf8mb4_0900_ai_ci NOT NULL,
  maybe int,
  line int NOT NULL,
  spot int NOT NULL,
  folded varchar(20) COLLATE utf8mb4_bin NOT NULL,
  part int NOT NULL,
  active int NOT NULL,
  code varchar(40) COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (k, g),
  UNIQUE KEY `case insensitive` (label),
  UNIQUE KEY `nullable` (maybe),
  UNIQUE KEY `composite` (line, spot),
  UNIQUE KEY `functional` ((LOWER(folded))),
  UNIQUE KEY `partial` ((IF(active = 1, part, NULL))),
  UNIQUE KEY `prefix` (code(8))
)
----
-- What each transaction left, written in the same transaction: the truth to compare with.
CREATE TABLE seat_ledger (
  slot int PRIMARY KEY,
  alive int NOT NULL,
  key_number int NOT NULL,
  first int,
  second int,
  k varchar(40) COLLATE utf8mb4_0900_ai_ci,
  g varchar(10) COLLATE utf8mb4_unicode_ci,
  n int NOT NULL,
  label varchar(40) COLLATE utf8mb4_0900_ai_ci,
  maybe int,
  line int,
  spot int,
  folded varchar(20) COLLATE utf8mb4_bin,
  part int,
  active int,
  code varchar(40) COLLATE utf8mb4_bin,
  KEY (first),
  KEY (second)
)
----
DROP PROCEDURE IF EXISTS place
----
-- Writes one guest anew, in the ledger and in the table: seats, values derived from them, sometimes the key's spelling.
CREATE PROCEDURE place(who int, new_number int, new_first int, new_second int, stays int)
BEGIN
  DECLARE was, old_number, r int;
  DECLARE old_k, new_k, new_label varchar(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci;
  DECLARE old_g, new_g varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
  DECLARE new_folded, new_code varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE new_maybe, new_active int;
  SET @r = (@r * 1103515245 + 12345) & 2147483647;
  SET r = @r >> 8;
  SELECT alive, key_number, k, g INTO was, old_number, old_k, old_g FROM seat_ledger WHERE slot = who;
  SET new_k = old_k, new_g = old_g;
  IF r & 3 = 0 OR old_number <> new_number OR old_k IS NULL THEN
    SET new_k = CONCAT(ELT(1 + (r >> 2) % 4, 'row ', 'Row ', 'ROW ', 'röw '), new_number);
    SET new_g = ELT(1 + (r >> 4) % 4, 'g', 'G', 'g ', 'ĝ');
  END IF;
  SET new_label = CONCAT(ELT(1 + (r >> 6) % 3, 'seat ', 'SEAT ', 'séat '), new_first);
  SET new_maybe = IF((r >> 8) & 3 = 0, NULL, new_first);
  SET new_folded = CONCAT(IF((r >> 10) & 1, 'F', 'f'), new_second);
  SET new_active = IF(new_second & 1 = 0, 1, 0);
  SET new_code = CONCAT(LPAD(new_first, 8, '0'), (r >> 11) % 10);
  UPDATE seat_ledger
    SET alive = stays, key_number = new_number, first = IF(stays, new_first, NULL), second = IF(stays, new_second, NULL),
        k = new_k, g = new_g, n = n + 1, label = new_label, maybe = new_maybe, line = new_second DIV 7,
        spot = new_second MOD 7, folded = new_folded, part = new_second DIV 2, active = new_active, code = new_code
    WHERE slot = who;
  IF was AND stays THEN
    UPDATE seats
      SET k = new_k, g = new_g, n = n + 1, label = new_label, maybe = new_maybe, line = new_second DIV 7,
          spot = new_second MOD 7, folded = new_folded, part = new_second DIV 2, active = new_active, code = new_code
      WHERE k = UPPER(old_k) AND g = old_g;
  ELSEIF was THEN
    DELETE FROM seats WHERE k = UPPER(old_k) AND g = old_g;
  ELSE
    INSERT INTO seats (k, g, n, label, maybe, line, spot, folded, part, active, code)
      SELECT k, g, n, label, maybe, line, spot, folded, part, active, code FROM seat_ledger WHERE slot = who;
  END IF;
  IF ROW_COUNT() <> 1 THEN
    SET new_label = CONCAT('a committed row is not in the table: ', old_k, ', ', old_g, '; ', was, stays);
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = new_label;
  END IF;
END
----
DROP PROCEDURE IF EXISTS change_seats
----
-- One transaction without its COMMIT. which: 0 the first seats change, 1 the second ones, 2 both.
CREATE PROCEDURE change_seats(kind int, which int, x int, y int, z int)
BEGIN
  DECLARE xk, x1, x2, xa, yk, y1, y2, ya, zk, z1, z2, za, new_number, park int;
  DO (SELECT COUNT(*) FROM (SELECT slot FROM seat_ledger WHERE slot IN (x, y, z) ORDER BY slot FOR UPDATE) locked);
  SELECT key_number, first, second, alive INTO xk, x1, x2, xa FROM seat_ledger WHERE slot = x;
  SELECT key_number, first, second, alive INTO yk, y1, y2, ya FROM seat_ledger WHERE slot = y;
  SELECT key_number, first, second, alive INTO zk, z1, z2, za FROM seat_ledger WHERE slot = z;
  SET @r = (@r * 1103515245 + 12345) & 2147483647;
  SET new_number = @r >> 4;
  SET park = 1000000 + (@r >> 2) % 90000000;
  IF NOT xa THEN
    CALL place(x, xk, park, park, 1);
  ELSEIF kind = 20 THEN
    -- Takes the seats that were given up before, unless somebody else has them by now.
    SET y1 = IF(EXISTS (SELECT 1 FROM seat_ledger WHERE first = @free1), x1, @free1);
    SET y2 = IF(EXISTS (SELECT 1 FROM seat_ledger WHERE second = @free2), x2, @free2);
    SET @free1 = x1, @free2 = x2, @next = @back, @back = 0;
    CALL place(x, xk, y1, y2, 1);
  ELSEIF kind < 2 THEN
    -- Gives its seats up; another guest, and then this one, take seats in transactions of their own.
    SET @free1 = x1, @free2 = x2, @next = y, @back = x;
    CALL place(x, xk, park, park, 1);
  ELSEIF kind = 2 THEN
    SET @free1 = x1, @free2 = x2, @next = y, @back = x;
    CALL place(x, xk, x1, x2, 0);
  ELSEIF kind = 3 THEN
    CALL place(x, new_number, x1, x2, 1);
  ELSEIF NOT ya OR NOT za THEN
    CALL place(x, xk, x1, x2, 1);
  ELSEIF kind < 7 THEN
    CALL place(x, xk, IF(which = 1, x1, park), IF(which = 0, x2, park), 1);
    CALL place(y, yk, IF(which = 1, y1, x1), IF(which = 0, y2, x2), 1);
    CALL place(x, xk, IF(which = 1, x1, y1), IF(which = 0, x2, y2), 1);
  ELSEIF kind = 7 THEN
    CALL place(x, xk, IF(which = 1, x1, park), IF(which = 0, x2, park), 1);
    CALL place(y, yk, IF(which = 1, y1, x1), IF(which = 0, y2, x2), 1);
    CALL place(z, zk, IF(which = 1, z1, y1), IF(which = 0, z2, y2), 1);
    CALL place(x, xk, IF(which = 1, x1, z1), IF(which = 0, x2, z2), 1);
  ELSEIF kind = 8 THEN
    CALL place(x, xk, park, park, 1);
    CALL place(y, yk, x1, x2, 1);
    CALL place(z, zk, y1, y2, 1);
  ELSEIF kind = 9 THEN
    CALL place(x, xk, x1, x2, 0);
    CALL place(y, yk, x1, x2, 1);
    CALL place(x, xk, y1, y2, 1);
  ELSE
    CALL place(x, new_number, x1, x2, 1);
    CALL place(y, xk, y1, y2, 1);
    CALL place(x, yk, x1, x2, 1);
  END IF;
END
----
DROP PROCEDURE IF EXISTS churn
----
-- So many transactions on the slots from base on; those that lost to another generator are rolled back and do not count.
CREATE PROCEDURE churn(seed int, base int, slots int, amount int)
BEGIN
  DECLARE commits, refused, x, y, z, span, kind, which int DEFAULT 0;
  SET @r = seed, @next = 0, @back = 0;
  WHILE commits < amount DO
    SET @r = (@r * 1103515245 + 12345) & 2147483647;
    SET span = IF(@r >> 8 & 1, 6, slots), kind = (@r >> 9) % 11, which = (@r >> 16) % 3;
    SET @r = (@r * 1103515245 + 12345) & 2147483647;
    SET x = (@r >> 8) % span;
    SET y = (x + 1 + (@r >> 15) % (span - 2)) % span;
    SET z = (y + 1) % span;
    IF @next > 0 THEN
      SET kind = 20, x = @next - base, @next = 0;
      SET y = (x + 1) % slots, z = (x + 2) % slots;
    END IF;
    BEGIN
      DECLARE EXIT HANDLER FOR 1213, 1205, 1062
      BEGIN
        ROLLBACK;
        SET refused = refused + 1, @next = 0;
      END;
      CALL change_seats(kind, which, base + x, base + y, base + z);
      COMMIT;
      SET commits = commits + 1;
    END;
  END WHILE;
  SELECT commits, refused;
END
----
DROP PROCEDURE IF EXISTS fill
----
CREATE PROCEDURE fill(slots int)
BEGIN
  DECLARE slot int DEFAULT 1;
  SET @r = 1;
  WHILE slot <= slots DO
    INSERT INTO seat_ledger (slot, alive, key_number, n) VALUES (slot, 0, slot, 0);
    CALL place(slot, slot, slot, slot, 1);
    SET slot = slot + 1;
  END WHILE;
END
