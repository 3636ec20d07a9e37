using DirectorySync.Identity.V1;
using Google.Protobuf;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>What becomes of one user's profile.</summary>
/// <param name="Profile">As it will be, with its version; of a deleted user its ids only.</param>
/// <param name="User">What it was made from.</param>
/// <param name="UserData">The same as bytes.</param>
/// <param name="Shape">Hash of what the inventory counts of it; null: not said, or gone.</param>
/// <param name="Deleted">The user is gone.</param>
/// <param name="ProblemsChanged">False if the problems are the ones that are stored.</param>
internal sealed record ProfileWrite(Profile Profile, User User, byte[] UserData, byte[]? Shape, bool Deleted, bool ProblemsChanged)
{
    public byte[] Data { get; } = Profile.ToByteArray();
}
