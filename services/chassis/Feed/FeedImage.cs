using DirectorySync.Feed.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Chassis.Feed;

/// <summary>Resources as changes, without parsing what a store holds as bytes.</summary>
public static class FeedImage
{
    private const string TypeUrlPrefix = "type.googleapis.com/";

    /// <summary>A live resource, as a <see cref="FeedSource"/> answers it.</summary>
    public static Change Of(string directoryId, string resourceType, string resourceId, long version, byte[] resource) => new()
    {
        DirectoryId = directoryId,
        ResourceId = resourceId,
        Version = version,
        Resource = AnyOf(resourceType, resource),
    };

    /// <summary>Full name of the message that a change carries, for example directorysync.identity.v1.User.</summary>
    public static string TypeOf(Change change) => Any.GetTypeName(change.Resource.TypeUrl);

    internal static Any AnyOf(string resourceType, byte[] resource) => new()
    {
        TypeUrl = TypeUrlPrefix + resourceType,
        Value = UnsafeByteOperations.UnsafeWrap(resource),
    };
}
