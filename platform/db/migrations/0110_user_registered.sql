-- The contact that a user signed up with, where it is their user name. Only that one is a name before it is verified: of
-- those that somebody has given both, the phone number stops being one unless it is verified.
ALTER TABLE user_account ADD COLUMN registered TEXT NOT NULL DEFAULT '';
UPDATE user_account SET registered = 'phone_number' WHERE username = sub AND EXISTS (
  SELECT 1 FROM user_name n WHERE n.pool_id = user_account.pool_id AND n.sub = user_account.sub AND n.kind = 'phone_number');
UPDATE user_account SET registered = 'email' WHERE username = sub AND EXISTS (
  SELECT 1 FROM user_name n WHERE n.pool_id = user_account.pool_id AND n.sub = user_account.sub AND n.kind = 'email');
DELETE FROM user_name WHERE kind = 'phone_number' AND EXISTS (
  SELECT 1 FROM user_account u WHERE u.pool_id = user_name.pool_id AND u.sub = user_name.sub AND u.registered = 'email'
    AND u.attributes NOT LIKE '%"phone_number_verified":"true"%');
