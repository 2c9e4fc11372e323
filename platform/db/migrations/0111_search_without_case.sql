-- Searches ignore case, but for user names, the status of users, and whether they are enabled.
UPDATE user_attribute SET key = lower(key) WHERE name NOT IN ('username', 'status', 'cognito:user_status');
