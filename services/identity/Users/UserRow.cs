using DirectorySync.Chassis.Sql;
using DirectorySync.Scim;
using Google.Protobuf;
using Npgsql;

namespace DirectorySync.Identity.Users;

/// <summary>A user as it is stored: the message, and the keys and the search form that follow from it.</summary>
internal sealed record UserRow(User User)
{
    public string UserNameKey => Key(User.UserName);

    public string? ExternalId => User.ExternalId.Length == 0 ? null : User.ExternalId;

    public string? DisplayNameKey => User.DisplayName.Length == 0 ? null : Key(User.DisplayName);

    public string[] EmailKeys { get; } = UserEmails.Keys(User);

    public byte[] Data { get; } = User.ToByteArray();

    public Jsonb Doc { get; } = new(SearchForm.Of(User));

    public long Active => User.Active ? 1 : 0;

    public long Inactive => User.Active ? 0 : 1;

    public static string Key(string text) => text.ToLowerInvariant();

    public static User Read(NpgsqlDataReader row) => User.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
}
