namespace DirectorySync.Chassis.Cache;

/// <summary>Names an entry: the directory (empty for what belongs to the deployment) and the resource's id in it.</summary>
public readonly record struct CacheKey(string DirectoryId, string Id);
