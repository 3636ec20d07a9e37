using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.Directories;
using Google.Protobuf;

namespace DirectorySync.Identity.Users;

/// <summary>A user to be created.</summary>
/// <param name="Row">The user.</param>
/// <param name="RequestId">Makes a retry safe; null: it is not.</param>
/// <param name="Terms">What the decision to create it was made from.</param>
/// <param name="Violations">Policies that it does not keep without being refused.</param>
internal sealed record UserInsert(UserRow Row, string? RequestId, DirectoryTerms Terms, List<PolicyViolation> Violations);

/// <summary>The writes of users, each one statement: the row and all that follows from it.</summary>
internal static class UserStatements
{
    /// <summary>Returns no row, and writes nothing, if the directory or its organization is not what the terms say any more.</summary>
    public static SqlText Insert(UserInsert insert)
    {
        var (row, user) = (insert.Row, insert.Row.User);
        return $"""
            with terms as materialized (
              select d.id, d.version, o.version as organization_version
              from directories d join organizations o on o.id = d.organization_id
              where d.id = {user.DirectoryId} and {DirectoryLock.Shared(user.DirectoryId)} for share of d),
            written as (
              insert into users (directory_id, id, user_name_key, external_id, display_name_key, active, version,
                create_time, update_time, request_id, data, doc)
              select terms.id, {user.Id}, {row.UserNameKey}, {row.ExternalId}, {row.DisplayNameKey}, {user.Active}, {user.Version},
                {user.CreateTime.ToDateTimeOffset()}, {user.UpdateTime.ToDateTimeOffset()}, {insert.RequestId}, {row.Data}, {row.Doc}
              from terms
              where terms.version = {insert.Terms.Directory.Version} and terms.organization_version = {insert.Terms.OrganizationVersion}
              returning id, version, data),
            emails as (
              insert into user_emails (directory_id, value_key, user_id, active)
              select {user.DirectoryId}, unnest({row.EmailKeys}), id, {user.Active} from written),
            counted as (
              insert into user_counts (directory_id, active, inactive, user_id, became)
              select {user.DirectoryId}, {row.Active}, {row.Inactive}, {user.Id}, {UserSort.KeysOf(user)} from written),
            {Problems(user, insert.Violations)},
            {Changes.Append(User.Descriptor, user.DirectoryId)}
            select id from written
            """;
    }

    /// <summary>To run under the lock of the user's row.</summary>
    public static SqlText Update(User current, UserRow row, List<PolicyViolation> violations)
    {
        var (user, before) = (row.User, new { Active = current.Active ? 1L : 0, Inactive = current.Active ? 0L : 1 });
        var (was, became) = UserSort.Moves(current, user);
        var codes = violations.Select(violation => violation.Code).ToArray();
        return $"""
            with written as (
              update users set user_name_key = {row.UserNameKey}, external_id = {row.ExternalId}, display_name_key = {row.DisplayNameKey},
                active = {user.Active}, version = {user.Version}, update_time = {user.UpdateTime.ToDateTimeOffset()},
                data = {row.Data}, doc = {row.Doc}
              where directory_id = {user.DirectoryId} and id = {user.Id}
              returning id, version, data),
            gone_emails as (
              delete from user_emails
              where directory_id = {user.DirectoryId} and user_id = {user.Id} and value_key <> all({row.EmailKeys})),
            emails as (
              insert into user_emails as e (directory_id, value_key, user_id, active)
              select {user.DirectoryId}, unnest({row.EmailKeys}), id, {user.Active} from written
              on conflict (directory_id, value_key, user_id) do update set active = excluded.active where e.active <> excluded.active),
            counted as (
              insert into user_counts (directory_id, active, inactive, user_id, was, became)
              select {user.DirectoryId}, {row.Active - before.Active}, {row.Inactive - before.Inactive}, {user.Id}, {was}, {became} from written),
            healed as (
              delete from user_problems
              where directory_id = {user.DirectoryId} and user_id = {user.Id} and code <> all({codes})),
            {Problems(user, violations)},
            {Changes.Append(User.Descriptor, user.DirectoryId)}
            select id from written
            """;
    }

    /// <summary>Returns the version of the deletion; no row if nothing was deleted. Addresses and problems go with the user.</summary>
    public static SqlText Delete(string directoryId, string id, long expectedVersion) => $"""
        with terms as materialized (
          select id from directories
          where id = {directoryId} and state = any({DirectoryStates.Accepting}) and {DirectoryLock.Shared(directoryId)} for share),
        written as (
          delete from users u using terms
          where u.directory_id = terms.id and u.directory_id = {directoryId} and u.id = {id}
            and ({expectedVersion} = 0 or u.version = {expectedVersion})
          returning u.id, u.version + 1 as version, {new User { DirectoryId = directoryId, Id = id }.ToByteArray()}::bytea as data, u.active,
            {UserSort.Keys} as keys),
        counted as (
          insert into user_counts (directory_id, active, inactive, user_id, was)
          select {directoryId}, -(active::int), active::int - 1, id, keys from written),
        {Changes.Append(User.Descriptor, directoryId, deleted: true)}
        select version from written
        """;

    private static SqlText Problems(User user, List<PolicyViolation> violations) => $"""
        problems as (
          insert into user_problems (directory_id, user_id, code, attribute, detail, remedy, since)
          select {user.DirectoryId}, written.id, p.code, p.attribute, p.detail, p.remedy, {user.UpdateTime.ToDateTimeOffset()}
          from written, unnest(
            {violations.Select(violation => violation.Code).ToArray()}, {violations.Select(violation => violation.Attribute).ToArray()},
            {violations.Select(violation => violation.Detail).ToArray()}, {violations.Select(violation => violation.Remedy).ToArray()})
            p (code, attribute, detail, remedy)
          on conflict (directory_id, user_id, code, attribute) do update set detail = excluded.detail, remedy = excluded.remedy)
        """;
}
